"""One file for each Lambda function: an event in, one stage called, an answer out."""
