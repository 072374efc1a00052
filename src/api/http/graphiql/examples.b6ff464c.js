// The operations that GraphiQL's tabs hold on a first visit, in the order in which one would try them.
//
// To add one, add an entry: its operation's name becomes the tab's title. Then run
// `scripts/vendor-graphiql.sh stamp`, which renames this file and every reference to it.
'use strict';

const asJson = (value) => JSON.stringify(value, null, 2);

window.exampleOperations = [
  {
    query: `# A task in words: run it (Ctrl-Enter), then see the
# next tab. Where the server asks for an API key, put
# {"Authorization": "Bearer <key>"} under Headers.
mutation SubmitTask($input: SubmitTaskInput!) {
  submitTask(input: $input) {
    task {
      id
      status
    }
    userErrors {
      field
      code
      message
    }
  }
}
`,
    variables: asJson({
      input: {
        userId: 'ada',
        description:
          'Work out what 15% of 2480 is, then write one sentence that says how it was computed.',
      },
    }),
  },
  {
    query: `# All that happens to the task, live, newest first.
# "$lastTask" is the task submitted last from this page;
# any task id may take its place.
subscription WatchTask($taskId: ID!, $after: String) {
  taskEvents(taskId: $taskId, after: $after) {
    __typename
    ... on TaskEvent {
      seq
      kind
      at
      step {
        id
        title
        status
      }
      payload
    }
    ... on CaughtUp {
      seq
      cursor
    }
    ... on Ended {
      finalSeq
      cursor
      status
    }
  }
}
`,
    variables: asJson({ taskId: '$lastTask' }),
  },
  {
    query: `# The task as it stands: steps, answers, tools, costs.
query ReadTask($id: ID!) {
  task(id: $id) {
    id
    status
    description
    result
    cost {
      amount
      currency
    }
    eventCursor
    steps {
      id
      title
      status
      agent {
        name
      }
      dependsOn {
        id
        title
      }
      output
      cost {
        amount
        currency
      }
      toolCalls {
        tool
        status
        arguments
        result
        durationMs
      }
    }
  }
}
`,
    variables: asJson({ id: '$lastTask' }),
  },
  {
    query: `# What earlier tasks left in the user's long-term
# memory, closest in meaning first.
query SearchMemory($input: SearchMemoryInput!) {
  searchMemory(input: $input) {
    hits {
      score
      memory {
        id
        content
      }
    }
    exhaustive
    scanned
  }
}
`,
    variables: asJson({ input: { userId: 'ada', query: 'percentages', limit: 5 } }),
  },
  {
    query: `# What was spent, by agent and model.
query CostsByAgent {
  costs(groupBy: [AGENT, MODEL]) {
    key {
      agent
      model
    }
    amount {
      amount
      currency
    }
    inputTokens
    outputTokens
  }
}
`,
  },
];
