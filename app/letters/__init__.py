"""Letters of deployment: serials, templates, frozen content, signed codes, and files of many."""
