//! The contract, over HTTP and WebSocket.

mod first_task;
