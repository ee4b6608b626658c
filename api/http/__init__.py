"""HTTP: routes only translate."""
