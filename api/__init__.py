"""Every way in: HTTP and the command line. Speaks to the outside, decides nothing."""
