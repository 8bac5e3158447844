"""Events in clips, second by second, from picture and sound: learned, judged, shown, and told of a user's own clips."""
