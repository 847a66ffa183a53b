//go:build linux

// Package run starts the servers, one after the other, measures them and writes the results.
package run

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// A server is a running process that is measured.
type server struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	addr    string
	version string
}

// start runs command in dir until it says that it is ready.
func start(dir string, command ...string) (*server, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	s := &server{cmd: cmd, in: in, out: bufio.NewScanner(out)}
	line, err := s.answer()
	if err == nil {
		var ok bool
		if line, ok = strings.CutPrefix(line, "ready "); !ok {
			err = fmt.Errorf("it said %q", line)
		}
	}
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("%s: %w", strings.Join(command, " "), err)
	}
	s.addr, s.version, _ = strings.Cut(line, " ")
	return s, nil
}

func (s *server) answer() (string, error) {
	if !s.out.Scan() {
		return "", errors.New("the server has ended")
	}
	return s.out.Text(), nil
}

func (s *server) tell(format string, args ...any) error {
	_, err := fmt.Fprintf(s.in, format+"\n", args...)
	return err
}

func (s *server) broadcast(n int) error { return s.tell("b %d", n) }
func (s *server) rooms(n int) error     { return s.tell("r %d", n) }

// collect forces a garbage collection and returns when it is over.
func (s *server) collect() error {
	if err := s.tell("gc"); err != nil {
		return err
	}
	_, err := s.answer()
	return err
}

// stop ends the server and returns when it has ended.
func (s *server) stop() {
	s.in.Close()
	late := time.AfterFunc(3*time.Second, func() { _ = s.cmd.Process.Kill() })
	_ = s.cmd.Wait()
	late.Stop()
}

// cpu returns the CPU time of all threads of the process, from the kernel.
func (s *server) cpu() (time.Duration, error) { return processCPU(s.cmd.Process.Pid) }

// processCPU reads the CPU clock of a process: what clock_getcpuclockid gives (clock_gettime(2), CPUCLOCK_SCHED).
func processCPU(pid int) (time.Duration, error) {
	var ts syscall.Timespec
	clock := uintptr(^pid<<3 | 2)
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&ts)), 0); errno != 0 {
		return 0, fmt.Errorf("the CPU clock of process %d: %w", pid, errno)
	}
	return time.Duration(ts.Nano()), nil
}

// rss returns the bytes of memory that the process has.
func (s *server) rss() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "Rss:" {
			kb, err := strconv.ParseInt(f[1], 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("no Rss in smaps_rollup")
}

// busy returns the CPU time of the whole machine, in all processes, and the time that has passed on all its cores.
func busy() (used, all time.Duration, err error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	const tick = 10 * time.Millisecond // USER_HZ is 100 on all Linux that Go runs on
	for i, f := range strings.Fields(line)[1:] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil || i > 7 {
			break
		}
		d := time.Duration(n) * tick
		if all += d; i != 3 && i != 4 { // idle, iowait
			used += d
		}
	}
	return used, all, nil
}
