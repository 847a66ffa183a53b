// Package faultnet is a bad network for tests: a RoundTripper that loses,
// delays, doubles, delays past their time and cuts HTTP exchanges, and a relay
// that delays, cuts and silences connections. What happens to which exchange or
// connection is decided by a plan: a function for scripted cases, or a Script
// that draws faults from a seed until it is healed.
//
// All time is that of package time, so it is virtual inside a bubble of
// testing/synctest, and every wait is on a channel or a timer.
package faultnet
