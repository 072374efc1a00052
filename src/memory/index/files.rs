//! The files of one collection: `index.faiss`, as FAISS writes it, and `ids.bin`, which vouches for it.
//!
//! `ids.bin` is one line of JSON (see [`Header`]), 16 bytes per id in row order, and the SHA-256 of all that; the
//! header holds the SHA-256 of `index.faiss`. FAISS's reader trusts its input, so it sees no byte before the checksum
//! holds. Files are written beside their names, synced and renamed, `ids.bin` last: a crash in between leaves a pair
//! that does not match, which reads as no files.
//!
//! To change the format: raise [`FORMAT`]. Older files are thrown away and rebuilt from the database.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use faiss::{FlatIndex, Index, MetricType};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::vectors::Vectors;

/// Version of the layout.
const FORMAT: u32 = 1;
const INDEX_FILE: &str = "index.faiss";
const IDS_FILE: &str = "ids.bin";
const CHECKSUM_BYTES: usize = 32;
const ID_BYTES: usize = 16;

/// The first line of `ids.bin`.
#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    /// Name of the folder, so that a folder moved by hand does not serve another collection.
    collection: String,
    embedder_id: String,
    dimension: u32,
    position: i64,
    count: usize,
    index_sha256: [u8; CHECKSUM_BYTES],
}

/// Why files could not be written, read or deleted.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("FAISS: {0}")]
    Faiss(#[from] faiss::error::Error),
    #[error("header: {0}")]
    Header(#[from] serde_json::Error),
    #[error("{0}")]
    Unsound(&'static str),
}

/// The folder of one collection and what must be true of its files.
pub(super) struct Files {
    folder: PathBuf,
    collection: String,
    embedder_id: String,
    dimension: u32,
}

impl Files {
    pub(super) fn new(folder: PathBuf, collection: String, embedder_id: String, dimension: u32) -> Self {
        Self {
            folder,
            collection,
            embedder_id,
            dimension,
        }
    }

    /// Writes both files so that a crash leaves the old pair, the new pair or none.
    pub(super) fn write(&self, vectors: &Vectors) -> Result<(), FilesError> {
        fs::create_dir_all(&self.folder)?;
        let (index, ids) = (self.folder.join("index.tmp"), self.folder.join("ids.tmp"));
        let written = self.write_pair(vectors, &index, &ids);
        if written.is_err() {
            // On a full disk the leftovers are what fills it.
            let _ = fs::remove_file(&index);
            let _ = fs::remove_file(&ids);
        }
        written
    }

    fn write_pair(&self, vectors: &Vectors, index: &Path, ids: &Path) -> Result<(), FilesError> {
        faiss::write_index(vectors.index(), path_text(index)?)?;
        let file = File::open(index)?;
        // FAISS says nothing when closing the file fails on a full disk.
        let least = vectors.ids().len() as u64 * u64::from(self.dimension) * size_of::<f32>() as u64;
        if file.metadata()?.len() < least {
            return Err(FilesError::Unsound("the index was cut short, as on a full disk"));
        }
        file.sync_all()?;
        let header = Header {
            format: FORMAT,
            collection: self.collection.clone(),
            embedder_id: self.embedder_id.clone(),
            dimension: self.dimension,
            position: vectors.position(),
            count: vectors.ids().len(),
            index_sha256: checksum(file)?,
        };
        let mut bytes = serde_json::to_vec(&header)?;
        bytes.push(b'\n');
        for id in vectors.ids() {
            bytes.extend_from_slice(id.as_bytes());
        }
        let seal: [u8; CHECKSUM_BYTES] = Sha256::digest(&bytes).into();
        bytes.extend_from_slice(&seal);
        let mut file = File::create(ids)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(index, self.folder.join(INDEX_FILE))?;
        fs::rename(ids, self.folder.join(IDS_FILE))?;
        File::open(&self.folder)?.sync_all()?;
        Ok(())
    }

    /// The vectors if the files are there and sound. Files that are not are deleted; it is logged why.
    pub(super) fn read(&self) -> Option<Vectors> {
        match self.read_pair() {
            Ok(vectors) => Some(vectors),
            Err(FilesError::Io(error)) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                let (collection, error) = (self.collection.as_str(), error.to_string());
                tracing::warn!(
                    collection,
                    error,
                    "memory index files are unusable: rebuilding from the database"
                );
                if let Err(error) = self.forget() {
                    tracing::warn!(collection, error = %error, "unusable memory index files could not be deleted");
                }
                None
            }
        }
    }

    fn read_pair(&self) -> Result<Vectors, FilesError> {
        let (header, ids) = self.read_ids()?;
        let path = self.folder.join(INDEX_FILE);
        if checksum(File::open(&path)?)? != header.index_sha256 {
            return Err(FilesError::Unsound("index.faiss does not match its checksum"));
        }
        let index: FlatIndex = faiss::read_index(path_text(&path)?)?.into_flat()?;
        if index.d() != self.dimension || !matches!(index.metric_type(), MetricType::InnerProduct) {
            return Err(FilesError::Unsound("index.faiss is an index of another kind"));
        }
        Vectors::new(index, ids, header.position)
            .map_err(|_| FilesError::Unsound("ids and vectors do not agree"))
    }

    fn read_ids(&self) -> Result<(Header, Vec<Uuid>), FilesError> {
        let bytes = fs::read(self.folder.join(IDS_FILE))?;
        let Some((sealed, seal)) = bytes.split_last_chunk::<CHECKSUM_BYTES>() else {
            return Err(FilesError::Unsound("ids.bin is too short"));
        };
        if <[u8; CHECKSUM_BYTES]>::from(Sha256::digest(sealed)) != *seal {
            return Err(FilesError::Unsound("ids.bin does not match its checksum"));
        }
        let Some(end) = sealed.iter().position(|&byte| byte == b'\n') else {
            return Err(FilesError::Unsound("ids.bin has no header"));
        };
        let header: Header = serde_json::from_slice(&sealed[..end])?;
        if header.format != FORMAT || header.collection != self.collection {
            return Err(FilesError::Unsound(
                "the files have another format or belong to another collection",
            ));
        }
        if header.embedder_id != self.embedder_id || header.dimension != self.dimension {
            return Err(FilesError::Unsound("the vectors come from another embedder"));
        }
        let (ids, rest) = sealed[end + 1..].as_chunks::<ID_BYTES>();
        if ids.len() != header.count || !rest.is_empty() || header.position < 0 {
            return Err(FilesError::Unsound("ids.bin contradicts its header"));
        }
        Ok((header, ids.iter().map(|&id| Uuid::from_bytes(id)).collect()))
    }

    /// Deletes the files, `ids.bin` first: without it the other counts for nothing.
    pub(super) fn forget(&self) -> Result<(), FilesError> {
        for name in [IDS_FILE, INDEX_FILE] {
            match fs::remove_file(self.folder.join(name)) {
                Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                    return Err(error.into());
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn path_text(path: &Path) -> Result<&str, FilesError> {
    path.to_str()
        .ok_or(FilesError::Unsound("FAISS needs a path in UTF-8"))
}

fn checksum(mut file: File) -> io::Result<[u8; CHECKSUM_BYTES]> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finalize().into()),
            read => hasher.update(&buffer[..read]),
        }
    }
}
