"""What the law asks: own data, reasons to unmask, retention."""
