// Answers on the socket that it is handed. Asked to end, it answers whom it has accepted.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

func main() {
	if os.Getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) {
		log.Fatal("there is no socket for this process: start it by tailherd")
	}
	listener, err := net.FileListener(os.NewFile(3, "web"))
	if err != nil {
		log.Fatal(err)
	}
	hello := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, "hello from %d\n", os.Getpid()) }
	server := &http.Server{Handler: http.HandlerFunc(hello)}
	asked, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	done := make(chan error)
	go func() {
		<-asked.Done()
		done <- server.Shutdown(context.Background())
	}()
	fmt.Println("ready")
	if err := server.Serve(listener); err != http.ErrServerClosed {
		log.Fatal(err)
	}
	if err := <-done; err != nil {
		log.Fatal(err)
	}
}
