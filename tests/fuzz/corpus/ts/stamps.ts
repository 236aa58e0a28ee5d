p
# c
@timeStamps true
@classLabel true 1
@data
(0,1.5),(10,2.5):1
(2007-01-01 00:00:00,1),(2007-01-01 00:01:00,2):1
