// Starts GraphiQL with this server's fetcher; its first tabs are the operations of examples.<hash>.js.
//
// The eight hex digits in this file's name are the start of its SHA-256: after an edit run
// `scripts/vendor-graphiql.sh stamp`, which renames it and every reference to it.
'use strict';

(() => {
  const TAB_STATE = 'graphiql:tabState';
  const FIRST_VARIABLES = 'graphiql:variables';
  const LAST_TASK = 'orchestrator:lastTask';
  const NEWEST_KEPT = 200;

  /** Puts the id of the task submitted last where a variable's value is the word "$lastTask". */
  const withLastTask = (variables) => {
    const filled = { ...variables };
    for (const [name, value] of Object.entries(filled)) {
      if (value !== '$lastTask') continue;
      const id = sessionStorage.getItem(LAST_TASK);
      if (id === null) {
        throw new Error('No task was submitted here yet: run SubmitTask, or put a task id in the variables.');
      }
      filled[name] = id;
    }
    return filled;
  };

  const rememberTask = (result) => {
    const id = result?.data?.submitTask?.task?.id;
    if (typeof id === 'string') sessionStorage.setItem(LAST_TASK, id);
  };

  const overHttp = async (request, headers) => {
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json;q=0.9',
        ...headers,
      },
      body: JSON.stringify(request),
    });
    const text = await response.text();
    let result;
    try {
      result = JSON.parse(text);
    } catch {
      throw new Error(`HTTP ${response.status}: ${text.slice(0, 500) || 'an empty answer'}`);
    }
    rememberTask(result);
    return result;
  };

  const socketUrl = () => {
    const url = new URL('/graphql', window.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return url.href;
  };

  const reasonOf = (failure) => {
    if (Array.isArray(failure)) return { errors: failure };
    if (failure instanceof CloseEvent) {
      return { message: `The connection was closed: ${failure.code} ${failure.reason}`.trim() };
    }
    return { message: failure instanceof Error ? failure.message : 'The connection failed.' };
  };

  /**
   * Runs a subscription and shows all its results, where GraphiQL alone would show only the latest.
   *
   * An observable and not an async generator, since a generator that waits for a result cannot be stopped.
   * No silent retries: a reconnect would run the original `after` again and repeat what was shown.
   */
  const overSocket = (request, headers) => ({
    subscribe(sink) {
      let received = 0;
      let results = [];
      let frame = 0;
      let stopped = false;
      const show = (ending) => {
        cancelAnimationFrame(frame);
        frame = 0;
        sink.next({ received, ...ending, results });
      };
      const client = graphqlWs.createClient({
        url: socketUrl(),
        connectionParams: headers,
        retryAttempts: 0,
      });
      const stop = client.subscribe(request, {
        next(result) {
          received += 1;
          results = [result, ...results].slice(0, NEWEST_KEPT);
          frame ||= requestAnimationFrame(() => show());
        },
        error(failure) {
          show({ ended: reasonOf(failure) });
          sink.complete();
        },
        complete() {
          show({ ended: { message: stopped ? 'Stopped here.' : 'The server completed the subscription.' } });
          sink.complete();
        },
      });
      return {
        unsubscribe() {
          stopped = true;
          stop();
          client.dispose();
        },
      };
    },
  });

  const fetcher = async (request, { headers, documentAST } = {}) => {
    try {
      const filled = { ...request, variables: withLastTask(request.variables) };
      const operation =
        documentAST && GraphiQL.GraphQL.getOperationAST(documentAST, request.operationName)?.operation;
      return operation === 'subscription' ? overSocket(filled, headers) : await overHttp(filled, headers);
    } catch (failure) {
      // As a result and not as an exception, which GraphiQL would show with its stack.
      return { errors: [{ message: failure.message }] };
    }
  };

  // GraphiQL takes the query of its first tab from `defaultTabs`, but the variables only from its storage.
  if (localStorage.getItem(TAB_STATE) === null) {
    localStorage.setItem(FIRST_VARIABLES, exampleOperations[0].variables);
  }

  ReactDOM.createRoot(document.getElementById('graphiql')).render(
    React.createElement(
      GraphiQL,
      {
        fetcher,
        defaultTabs: exampleOperations,
        plugins: [GraphiQLPluginExplorer.explorerPlugin()],
        defaultEditorToolsVisibility: true,
        shouldPersistHeaders: false,
      },
      React.createElement(GraphiQL.Logo, null, 'Agent Orchestrator'),
    ),
  );
})();
