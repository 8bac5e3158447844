"""Words that have nothing to do with each other, for WaffleCLIP's descriptors.

They are part of texts that are cached: none is added, none moved.
"""

WORDS: tuple[str, ...] = tuple(
    (
        "acorn anchor ankle antler apron arch attic axle badge bagel balcony banjo barrel basin basket beacon beam bench "
        "berry bishop blanket blossom boulder bracket branch brass breeze brick bridge bristle broom bucket buckle bundle "
        "button cabin cactus candle canvas carpet castle cellar chain chalk chapel chimney chorus circle cliff clover "
        "coast cobalt collar column comet compass copper coral corner cotton crane crater crayon cricket crown crystal "
        "curtain cushion dagger dawn delta desert diamond dome drawer drum dune dust eagle echo edge elbow ember engine "
        "envelope fabric feather fence fern fiddle flame flute foam forest fossil fountain fringe frost garden garlic "
        "gate glacier glove granite grape gravel guitar gutter hammer harbor harp hedge helmet hinge honey hook horizon "
        "ink iron island ivory jacket jar jewel kettle keyboard kite ladder lagoon lamp lantern lattice leaf lemon lens "
        "lever lily linen lock lotus magnet maple marble mask meadow mirror mist moss motor mountain mustard napkin "
        "needle nest nickel noodle notch oak oar olive onion orbit orchard oven oyster paddle palace panel paper parcel "
        "patch pearl pebble pedal pepper piano pillar pillow pine pivot planet plaza plum pocket pollen pond porch powder "
        "prism pulley puzzle quartz quilt rail ramp raven reef ribbon ridge ring river robe rope ruby saddle sail salt "
        "sand satin scarf scissors shadow shell shelf shield shovel silk silver sketch slate sleeve slope smoke spark "
        "spice spiral spoon spring stable staple steam stone straw string summit sunset swamp syrup table tassel temple "
        "thread thunder ticket tile timber tower trail tray trumpet tunnel turret twig umbrella valley vase velvet vine "
        "violin wagon walnut waterfall wave wax whistle willow window wire wool wreath yarn zipper "
    ).split()
)
