// Package delivery holds the tests that prove the promise of the library: both
// directions, every transport, every change of transport, exactly once and in
// order, through a network that loses, delays, doubles, cuts and silences.
package delivery
