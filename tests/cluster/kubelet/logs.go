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

const logsPort = 10250

// serveLogs answers what the API server asks for `kubectl logs`: a container's output so far.
func serveLogs(ctx context.Context, config *Config, path func(pod, container string) string) {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}",
		func(answer http.ResponseWriter, request *http.Request) {
			query := request.URL.Query()
			if query.Get("follow") == "true" || query.Get("previous") == "true" {
				http.Error(answer, "neither follow nor previous is known here", http.StatusNotImplemented)
				return
			}
			text, err := os.ReadFile(path(request.PathValue("namespace")+"/"+request.PathValue("pod"),
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
		})
	server := &http.Server{Addr: net.JoinHostPort(config.Gateway, strconv.Itoa(logsPort)),
		Handler: routes}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.ListenAndServeTLS(config.Certificate, config.Key); ctx.Err() == nil {
		log.Fatal(err)
	}
}

func lastLines(text []byte, count int) []byte {
	begin := len(text)
	for ; count > 0 && begin > 0; count-- {
		begin = bytes.LastIndexByte(text[:begin-1], '\n') + 1
	}
	return text[begin:]
}
