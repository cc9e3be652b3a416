// Answers on the socket that it is handed. Asked to end, it answers whom it has accepted.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"
)

func main() {
	if os.Getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) {
		log.Fatal("there is no socket for this process: start it by tailherd")
	}
	listener, err := net.FileListener(os.NewFile(3, "web"))
	if err != nil {
		log.Fatal(err)
	}
	// Not server.Shutdown: it hangs up on connections that it has accepted and not read from yet.
	var open sync.WaitGroup
	server := &http.Server{
		Handler:           http.HandlerFunc(hello),
		ReadHeaderTimeout: 5 * time.Second,
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				open.Add(1)
			case http.StateClosed, http.StateHijacked:
				open.Done()
			}
		},
	}
	asked, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		<-asked.Done()
		server.SetKeepAlivesEnabled(false)
		listener.Close()
	}()
	fmt.Println("ready")
	if err := server.Serve(listener); !errors.Is(err, net.ErrClosed) {
		log.Fatal(err)
	}
	open.Wait()
}

func hello(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintf(w, "hello from %d\n", os.Getpid())
}
