"""What a tenant keeps in git, told to its Secure Score: the difference as a plan and, where it is asked for, written."""
