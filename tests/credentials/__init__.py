"""Every kind of credential, against the emulated sign-in."""
