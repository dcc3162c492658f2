"""The verb `verify`."""

from embdistill.cli.info import edm_facts


def verify(file):
    """Check that a file is whole, unaltered and of a known schema; exit code 2 if it is not.

    Args:
        file: a run, .edm, checkpoint or vector file.
    """
    from embdistill.model.edm import is_edm, load_edm

    if is_edm(file):
        edm_facts(load_edm(file))  # reads all of it
        return print(f"{file}: sound edm file")
    from embdistill.data.vectors import load_vectors, open_vectors
    from embdistill.model.run_file import load_run
    from embdistill.storage.arrays import load_arrays
    from embdistill.storage.hdf5 import schema_of
    from embdistill.training import checkpoint, teacher_cache

    schema = schema_of(file)
    if schema == "run":
        load_run(file)
    elif schema == "vectors":
        load_vectors(open_vectors(file), frozenset())  # reads all rows, and keeps none
    else:
        load_arrays(file, schema, {"checkpoint": checkpoint.About, "teacher": teacher_cache.About}[schema])
    print(f"{file}: sound {schema} file")
