module covey

go 1.26
