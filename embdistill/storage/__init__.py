"""Files on disk, whatever they hold: written whole or not at all, HDF5 behind a checksum, named arrays."""
