// The other side of bench/get_hit.py: groupcache behind net/http, one process, one value cached.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/golang/groupcache"
)

// Usage: groupcache BODY_BYTES HEADER_BYTES; prints its port.
func main() {
	bodyBytes, _ := strconv.Atoi(os.Args[1])
	headerBytes, _ := strconv.Atoi(os.Args[2])
	padding := strings.Repeat("p", headerBytes)
	load := func(_ context.Context, _ string, dest groupcache.Sink) error {
		return dest.SetString(strings.Repeat("x", bodyBytes))
	}
	values := groupcache.NewGroup("bench", 64<<20, groupcache.GetterFunc(load))
	handler := func(w http.ResponseWriter, r *http.Request) {
		var value groupcache.ByteView
		if err := values.Get(r.Context(), r.URL.Path, groupcache.ByteViewSink(&value)); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		header := w.Header()
		header["Content-Type"] = []string{"application/octet-stream"}
		header["X-Padding"] = []string{padding}
		value.WriteTo(w)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listener, http.HandlerFunc(handler)))
}
