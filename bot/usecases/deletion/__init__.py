"""Carries out approved plans: deletes what people approved and what has not changed since."""
