MAGIC=b"embdistill"
