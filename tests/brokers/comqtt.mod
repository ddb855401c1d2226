module brokers

go 1.22

require github.com/wind-c/comqtt/v2 v2.6.0
