p
@timeStamps false
@univariate false
@dimensions 2
@classLabel true a b
@data
1,2,?:4,5,6:a
7:8:b
