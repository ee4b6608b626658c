"""The night's plan of a city, pure: from the snapshot's columns to offers, reasons and findings."""
