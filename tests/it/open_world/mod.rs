//! What others really write, each to its end: through the functions to the provider and back.

mod events;
