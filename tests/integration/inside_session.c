// Why: only the service's own process may use the connector's socket, so what libpq can do over it is
// tried from inside: preloaded, this waits for the file $COOLKIT_INSIDE with a libpq conninfo, copies
// rows in and out, listens, cancels, and writes what came of it to that name with `.done`. A thread of
// its own.
#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kRows = 100000, kPathMax = 4096, kWaitMs = 60000 };

static void Exec(PGconn* connection, const char* sql) { PQclear(PQexec(connection, sql)); }

static long CopyIn(PGconn* connection) {
  char row[128];
  Exec(connection, "CREATE TEMP TABLE t (v text)");
  PQclear(PQexec(connection, "COPY t FROM STDIN"));
  for (int i = 0; i < kRows; ++i) {
    const int size = snprintf(row, sizeof row, "%0100d\n", i);
    if (PQputCopyData(connection, row, size) != 1) return -1;
  }
  if (PQputCopyEnd(connection, NULL) != 1) return -1;
  PGresult* const result = PQgetResult(connection);
  const long rows = atol(PQcmdTuples(result));
  PQclear(result);
  PQclear(PQgetResult(connection));
  return rows;
}

static long CopyOut(PGconn* connection) {
  PQclear(PQexec(connection, "COPY t TO STDOUT"));
  long bytes = 0;
  char* row = NULL;
  for (int n = 0; (n = PQgetCopyData(connection, &row, 0)) > 0; PQfreemem(row)) bytes += n;
  PQclear(PQgetResult(connection));
  PQclear(PQgetResult(connection));
  return bytes;
}

static void Listen(PGconn* connection, PGconn* other, char* heard, size_t size) {
  Exec(connection, "LISTEN news");
  Exec(other, "NOTIFY news, 'hello'");
  struct pollfd waited = {PQsocket(connection), POLLIN, 0};
  PGnotify* news = NULL;
  while ((news = PQnotifies(connection)) == NULL && poll(&waited, 1, kWaitMs) == 1) {
    if (PQconsumeInput(connection) != 1) return;
  }
  if (news != NULL) snprintf(heard, size, "%s", news->extra);
  PQfreemem(news);
}

static void Cancel(PGconn* connection, char* state, size_t size) {
  char why[256] = "";
  PQsendQuery(connection, "SELECT pg_sleep(600)");
  PGcancel* const cancel = PQgetCancel(connection);
  // Until it meets the statement: a cancel that comes too early has no effect.
  struct pollfd waited = {PQsocket(connection), POLLIN, 0};
  do {
    PQcancel(cancel, why, sizeof why);
  } while (poll(&waited, 1, 1000) == 0);
  PQfreeCancel(cancel);
  PGresult* const result = PQgetResult(connection);
  const char* const said = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  snprintf(state, size, "%s", said == NULL ? why : said);
  PQclear(result);
}

static void* Run(void* path) {
  char conninfo[1024] = "";
  for (FILE* file = NULL; file == NULL; usleep(20000)) {
    file = fopen(path, "r");
    if (file == NULL) continue;
    if (fgets(conninfo, sizeof conninfo, file) == NULL) conninfo[0] = '\0';
    fclose(file);
    break;
  }
  PGconn* const one = PQconnectdb(conninfo);
  PGconn* const two = PQconnectdb(conninfo);
  char heard[64] = "nothing";
  char state[256] = "none";
  const long in = CopyIn(one);
  const long out = CopyOut(one);
  Listen(one, two, heard, sizeof heard);
  Cancel(one, state, sizeof state);
  char name[kPathMax];
  snprintf(name, sizeof name, "%s.part", (char*)path);
  FILE* const file = fopen(name, "w");
  fprintf(file, "in=%ld out=%ld heard=%s canceled=%s %s", in, out, heard, state,
          PQerrorMessage(two));
  fclose(file);
  char done[kPathMax];
  snprintf(done, sizeof done, "%s.done", (char*)path);
  rename(name, done);
  PQfinish(one);
  PQfinish(two);
  return NULL;
}

__attribute__((constructor)) static void Start(void) {
  char* const path = getenv("COOLKIT_INSIDE");
  pthread_t thread;
  if (path != NULL && pthread_create(&thread, NULL, &Run, strdup(path)) == 0) pthread_detach(thread);
}
