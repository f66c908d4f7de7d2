"""Apache Spark: rows are merged into cells where they lie, and counts are made on parts of the fleet.

Nothing else imports pyspark. Workers need barwatch with the extra ``spark``, and to see the file under the same path.
"""
