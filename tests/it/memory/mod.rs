//! Memory: the FAISS index as a cache of the database.

mod index;
mod index_files;
mod index_oracle;
