package main

import (
	"bytes"
	"context"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
)

const apiPort = 10250

// serveAPI answers what the API server asks for `kubectl logs` and `kubectl exec`.
func (k *kubelet) serveAPI(ctx context.Context) {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", k.serveLogs)
	routes.HandleFunc("POST /exec/{namespace}/{pod}/{container}", k.serveExec)
	server := &http.Server{Addr: net.JoinHostPort(k.config.Gateway, strconv.Itoa(apiPort)),
		Handler: routes}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.ListenAndServeTLS(k.config.Certificate, k.config.Key); ctx.Err() == nil {
		log.Fatal(err)
	}
}

// serveLogs answers with a container's output so far.
func (k *kubelet) serveLogs(answer http.ResponseWriter, request *http.Request) {
	query := request.URL.Query()
	if query.Get("follow") == "true" || query.Get("previous") == "true" {
		http.Error(answer, "neither follow nor previous is known here", http.StatusNotImplemented)
		return
	}
	text, err := os.ReadFile(k.logFile(request.PathValue("namespace")+"/"+request.PathValue("pod"),
		request.PathValue("container")))
	if err != nil {
		http.Error(answer, err.Error(), http.StatusNotFound)
		return
	}
	if lines, err := strconv.Atoi(query.Get("tailLines")); err == nil {
		text = lastLines(text, lines)
	}
	answer.Header().Set("Content-Type", "text/plain")
	_, _ = answer.Write(text)
}

func lastLines(text []byte, count int) []byte {
	begin := len(text)
	for ; count > 0 && begin > 0; count-- {
		begin = bytes.LastIndexByte(text[:begin-1], '\n') + 1
	}
	return text[begin:]
}
