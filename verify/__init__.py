"""The seven questions that decide whether a deployment is worthy of production."""
