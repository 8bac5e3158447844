"""Files of sentences with labels: what other projects write, read and written."""

from pipeline.text.files.read import file_format, read_records
from pipeline.text.files.record import BadRecord, Record
from pipeline.text.files.write import write_records

__all__ = ["BadRecord", "Record", "file_format", "read_records", "write_records"]
