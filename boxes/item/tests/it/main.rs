//! What the values of the layouts do beside being encoded. Their bytes are held by the golden vectors
//! in `src/golden`.

mod codec;
mod scalars;
mod sets;
