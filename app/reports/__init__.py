"""Reports on paper: figures of the domain laid out once (paper.py), written as JSON, CSV, XLSX or PDF. No figure is computed here."""
