"""For Python users: an estimator of scikit-learn, and below it the functions of an experiment."""
