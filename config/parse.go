package config

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/caarlos0/env/v11"
)

// OnOff is a setting with the values on and off.
type OnOff bool

var errOnOff = errors.New("must be one of on, off")

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *OnOff) UnmarshalText(text []byte) error {
	switch string(text) {
	case "on", "off":
		*o = string(text) == "on"
		return nil
	}
	return errOnOff
}

const day = 24 * time.Hour

// units are the values of the tag unit: the unit in which the environment gives a duration.
var units = map[string]struct {
	of   time.Duration
	name string
}{"ms": {time.Millisecond, "milliseconds"}, "m": {time.Minute, "minutes"}, "d": {day, "days"}}

// maxDuration is the longest duration, in nanoseconds.
const maxDuration = int64(math.MaxInt64)

// withUnits returns the environment with the numbers of durations written as time.ParseDuration reads them.
func withUnits(environment map[string]string, f *faults) map[string]string {
	for _, field := range fields() {
		unit, ok := units[field.Tag.Get("unit")]
		if !ok {
			continue
		}
		name := field.Tag.Get("env")
		n, err := strconv.ParseInt(cmp.Or(environment[name], field.Tag.Get("envDefault")), 10, 32)
		if err != nil {
			f.add("%s must be a whole number of %s", name, unit.name)
			n = 0
		}
		n = max(min(n, maxDuration/int64(unit.of)), -maxDuration/int64(unit.of)) // out of every range, but no overflow
		environment[name] = (time.Duration(n) * unit.of).String()
	}
	return environment
}

// field is a field that holds a setting, with its value.
type field struct {
	reflect.StructField
	value reflect.Value
}

// fields returns the fields of a Config.
func fields() []field { return fieldsOf(reflect.ValueOf(Config{})) }

func fieldsOf(group reflect.Value) (all []field) {
	for f, value := range group.Fields() {
		if f.Tag.Get("env") != "" {
			all = append(all, field{f, value})
		} else if f.Type.Kind() == reflect.Struct {
			all = append(all, fieldsOf(value)...)
		}
	}
	return all
}

// variable returns the variable of an error. Fields of the same name have different types.
func variable(e env.ParseError) string {
	name := e.Name
	for _, field := range fields() {
		if field.Name == e.Name {
			if name = field.Tag.Get("env"); field.Type == e.Type {
				break
			}
		}
	}
	return name
}

// withVariableNames replaces the errors of package env, which name only fields and contain values, by errors that name
// the variables.
func withVariableNames(err error) error {
	all, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return err
	}
	var f faults
	for _, err := range all.Errors {
		parse, ok := errors.AsType[env.ParseError](err)
		if !ok {
			f.all = append(f.all, err)
			continue
		}
		name := variable(parse)
		if errors.Is(parse.Err, errOnOff) {
			f.add("%s %w", name, errOnOff)
			continue
		}
		f.all = append(f.all, fmt.Errorf("%s cannot be parsed as %s", name, parse.Type))
	}
	return f.err()
}
