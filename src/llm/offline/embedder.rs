//! Embeddings by hashing: deterministic, offline, and honest about what they see.
//!
//! They put texts near each other that share words, word stems, spellings or parts of words, in English, German and
//! most scripts. They know nothing of meaning: `car` and `automobile` are strangers, `bank` is one thing, and a
//! denial is next to what it denies. Configure an embedding model where meaning matters.
//!
//! Method: signed feature hashing (Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", 2009)
//! over stems and character n-grams, square-rooted counts, length 1. Vectors depend on every constant here: a change
//! needs a new id.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::words::{Word, words};
use crate::llm::{Embedder, Embedding, LlmError, chat::Usage, tokens::estimate_tokens};

/// Id of the vectors.
pub const EMBEDDER_ID: &str = "offline/hash-512-v1";

const DIMENSION: usize = 512;

const STEM_WEIGHT: f64 = 1.0;
const STOP_WEIGHT: f64 = 0.1;
const NGRAM_WEIGHT: f64 = 0.3;
const BIGRAM_WEIGHT: f64 = 1.0;
const CHARACTER_WEIGHT: f64 = 0.3;

/// Characters of a word that are looked at for n-grams: what is longer is data rather than a word.
const MAX_NGRAM_CHARS: usize = 64;

/// The embedder that is always there.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfflineEmbedder;

#[async_trait]
impl Embedder for OfflineEmbedder {
    fn id(&self) -> &str {
        EMBEDDER_ID
    }

    fn dimension(&self) -> usize {
        DIMENSION
    }

    async fn embed(&self, texts: &[String]) -> Result<Embedding, LlmError> {
        let vectors = texts.iter().map(|text| vector(text)).collect();
        let input = texts.iter().map(|text| estimate_tokens(text)).sum();
        Ok(Embedding {
            vectors,
            usage: Some(Usage {
                input,
                ..Usage::default()
            }),
        })
    }
}

/// How often a feature occurs, and what one occurrence weighs.
struct Feature {
    weight: f64,
    count: u32,
}

/// Features by hash, in one order everywhere: sums of floats depend on it.
#[derive(Default)]
struct Features(BTreeMap<u64, Feature>);

impl Features {
    fn add(&mut self, kind: u8, text: &[char], weight: f64) {
        let feature = self
            .0
            .entry(hash(kind, text))
            .or_insert(Feature { weight, count: 0 });
        feature.count += 1;
    }
}

fn vector(text: &str) -> Vec<f32> {
    let mut features = Features::default();
    for word in words(text) {
        match word {
            Word::Stem(stem) => {
                let letters: Vec<char> = stem.chars().collect();
                features.add(b'w', &letters, STEM_WEIGHT);
                add_ngrams(&mut features, &letters);
            }
            Word::Stop(stop) => features.add(b'w', &stop.chars().collect::<Vec<_>>(), STOP_WEIGHT),
            Word::Run(run) => {
                for pair in run.windows(2) {
                    features.add(b'b', pair, BIGRAM_WEIGHT);
                }
                for character in &run {
                    features.add(b'c', &[*character], CHARACTER_WEIGHT);
                }
            }
        }
    }
    unit(&features)
}

/// Parts of three to five characters, with marks for the beginning and the end of the word.
fn add_ngrams(features: &mut Features, letters: &[char]) {
    let marked: Vec<char> = ['^']
        .into_iter()
        .chain(letters.iter().copied().take(MAX_NGRAM_CHARS))
        .chain(['$'])
        .collect();
    for length in 3..=5 {
        for part in marked.windows(length) {
            features.add(b'n', part, NGRAM_WEIGHT);
        }
    }
}

fn unit(features: &Features) -> Vec<f32> {
    let mut sums = vec![0.0_f64; DIMENSION];
    for (hash, feature) in &features.0 {
        let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
        let at = (hash % DIMENSION as u64) as usize;
        sums[at] += sign * feature.weight * f64::from(feature.count).sqrt();
    }
    let length = sums.iter().map(|x| x * x).sum::<f64>().sqrt();
    if length < 1e-9 {
        // Nothing to go by: every such text is in the same place.
        sums[0] = 1.0;
        return sums.into_iter().map(|x| x as f32).collect();
    }
    sums.into_iter().map(|x| (x / length) as f32).collect()
}

/// FNV-1a over the kind and the UTF-8 of the characters, then the 64-bit finaliser of MurmurHash3, because FNV leaves
/// the high bits of short keys alike.
fn hash(kind: u8, text: &[char]) -> u64 {
    let mut buffer = [0; 4];
    let mut hash = fnv(0xcbf2_9ce4_8422_2325, &[kind]);
    for character in text {
        hash = fnv(hash, character.encode_utf8(&mut buffer).as_bytes());
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
