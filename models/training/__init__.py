"""From FER-2013 to the shipped int8 TFLite file; never imports the daemon (`edge`)."""
