p
@targetlabel true
@data
1,2:0.25
3:4.5
