//! Recordings: what is read, and each way in which a file can be wrong.

use super::*;
use crate::ByteSource;
use std::path::PathBuf;
use tempfile::TempDir;

fn file(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (dir, path)
}

fn read_all(source: &mut dyn SampleSource, buf_len: usize) -> (Vec<u8>, Option<SourceError>) {
    let (mut all, mut buf) = (Vec::new(), vec![0; buf_len]);
    loop {
        match source.read(&mut buf) {
            Ok(Chunk { bytes: 0, .. }) => return (all, None),
            Ok(chunk) => all.extend(&buf[..chunk.bytes]),
            Err(e) => return (all, Some(e)),
        }
    }
}

fn counting(n: usize) -> Vec<u8> {
    (0..n).map(|i| (i % 251) as u8).collect()
}

#[test]
fn reads_every_format_whole() {
    for (name, format) in [("a_2400k.cu8", IqFormat::Cu8), ("a_2400k.cs16", IqFormat::Cs16), ("a_2400k.cf32", IqFormat::Cf32)] {
        let bytes = counting(4_800);
        let (_dir, path) = file(name, &bytes);
        let mut source = Recording::open(&path, &RecordingOptions { default_center_hz: 7, ..Default::default() }).unwrap();
        assert_eq!((source.format(), source.tuning()), (format, Tuning { center_hz: 7, rate_sps: 2_400_000 }));
        assert!(!source.info().live);
        let (got, error) = read_all(&mut source, 1_000);
        assert!(error.is_none() && got == bytes, "{name}: {error:?}");
    }
}

#[test]
fn swaps_q_before_i() {
    let (_dir, path) = file("a_2400k.cs16", &[1, 2, 3, 4, 5, 6, 7, 8]);
    let mut source = Recording::open(&path, &RecordingOptions { iq_swap: true, ..Default::default() }).unwrap();
    assert_eq!(read_all(&mut source, 4_096).0, [3, 4, 1, 2, 7, 8, 5, 6]);
}

#[test]
fn a_cut_file_gives_everything_before_the_cut_and_then_says_so() {
    for (name, len, whole) in [("a_2000k.cu8", 4_097, 4_096), ("a_2000k.cf32", 4_103, 4_096), ("a_2000k.cs16", 3, 0)] {
        let (_dir, path) = file(name, &counting(len));
        let mut source = Recording::open(&path, &RecordingOptions::default()).unwrap();
        let (got, error) = read_all(&mut source, 4_096);
        assert_eq!(got, counting(len)[..whole]);
        let says = error.expect("a truncated file is an error").to_string();
        assert!(says.contains(&format!("cut off after {len} bytes")), "{says}");
    }
}

#[test]
fn a_loop_goes_on_and_ignores_a_cut_sample() {
    let (_dir, path) = file("a_2000k.cu8", &[1, 2, 3, 4, 5]);
    let mut source = Recording::open(&path, &RecordingOptions { passes: Passes::Endless, ..Default::default() }).unwrap();
    let (mut all, mut buf) = (Vec::<u8>::new(), [0; 4_096]);
    while all.len() < 12 {
        let n = source.read(&mut buf).unwrap().bytes;
        assert_eq!(n % 2, 0);
        assert!(0 < n);
        all.extend(&buf[..n]);
    }
    assert_eq!(all[..12], [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
    let (_dir, path) = file("a_2000k.cu8", &[1]);
    let mut source = Recording::open(&path, &RecordingOptions { passes: Passes::Endless, ..Default::default() }).unwrap();
    assert!(source.read(&mut buf).unwrap_err().to_string().contains("no whole sample"));
}

#[test]
fn several_passes_are_one_signal_and_a_cut_is_told_after_the_last() {
    let times = |times| RecordingOptions { passes: Passes::Times(times), ..Default::default() };
    let (_dir, path) = file("a_2000k.cu8", &counting(10_000));
    for n in [0, 1, 2, 5] {
        let mut source = Recording::open(&path, &times(n)).unwrap();
        let (got, error) = read_all(&mut source, 4_096);
        assert_eq!(got, counting(10_000).repeat(n.max(1) as usize), "{n} passes");
        assert!(error.is_none() && source.read(&mut [0; 64]).unwrap().bytes == 0, "the end stays the end");
    }
    let (_dir, path) = file("a_2000k.cu8", &[1, 2, 3, 4, 5]);
    let (got, error) = read_all(&mut Recording::open(&path, &times(3)).unwrap(), 4_096);
    assert_eq!(got, [1, 2, 3, 4].repeat(3));
    assert!(matches!(error, Some(SourceError::Truncated { bytes: 5, .. })), "{error:?}");
}

#[test]
fn two_channel_wav_is_iq() {
    let data = counting(64);
    let (_dir, path) = file("a_1k.wav", &wav::tests::wav(1, 16, 2, 240_000, &data));
    let mut source = Recording::open(&path, &RecordingOptions::default()).unwrap();
    assert_eq!((source.format(), source.tuning().rate_sps), (IqFormat::Cs16, 240_000));
    let (got, error) = read_all(&mut source, 4_096);
    assert!(got == data && error.is_none());

    // Trailing chunks are not samples; a promise not kept is a cut file.
    let mut longer = wav::tests::wav(1, 8, 2, 240_000, &data);
    longer.extend(b"LIST\x04\0\0\0abcd");
    let (_dir, path) = file("b.wav", &longer);
    let (got, error) = read_all(&mut Recording::open(&path, &RecordingOptions::default()).unwrap(), 4_096);
    assert!(got == data && error.is_none());
    let whole = wav::tests::wav(1, 16, 2, 240_000, &data);
    let (_dir, path) = file("c.wav", &whole[..whole.len() - 8]);
    let (got, error) = read_all(&mut Recording::open(&path, &RecordingOptions::default()).unwrap(), 4_096);
    assert!(got == data[..56] && matches!(error, Some(SourceError::Truncated { .. })));
}

#[test]
fn each_wrong_file_gets_one_clear_sentence() {
    let rate = |rate_sps| RecordingOptions { rate_sps: Some(rate_sps), ..Default::default() };
    for (name, bytes, options, says) in [
        ("a_2000k.cu8", vec![], RecordingOptions::default(), "the file is empty"),
        ("a_2000k.mp3", vec![1], RecordingOptions::default(), "unknown recording format"),
        ("a.cu8", vec![1, 2], RecordingOptions::default(), "unknown sample rate"),
        ("a_1k.cu8", vec![1, 2], RecordingOptions::default(), "1000 samples/s is no sample rate"),
        ("a.cu8", vec![1, 2], rate(0), "0 samples/s is no sample rate"),
        ("a.cu8", vec![1, 2], rate(4_000_000_000), "4000000000 samples/s is no sample rate"),
        ("a.wav", vec![1, 2, 3], RecordingOptions::default(), "not a WAV file"),
        ("a.wav", wav::tests::wav(1, 16, 1, 48_000, &[0; 8]), RecordingOptions::default(), "one channel is audio"),
    ] {
        let (_dir, path) = file(name, &bytes);
        let error = Recording::open(&path, &options).expect_err(says);
        let text = error.to_string();
        assert!(text.contains(says) && text.contains(name) && !text.contains('\n'), "{text}");
        assert!(error.is_final());
    }
    let missing = Recording::open(Path::new("/nowhere/a_2000k.cu8"), &RecordingOptions::default()).unwrap_err();
    assert!(matches!(missing, SourceError::NotFound { .. }), "{missing}");
    let dir = tempfile::tempdir().unwrap();
    let folder = ByteRecording::open(dir.path()).unwrap_err();
    assert!(folder.to_string().contains("folder"), "{folder}");
}

#[test]
fn life_speed_takes_as_long_as_the_signal() {
    // 100 ms of signal: two runs of at most 50 ms each.
    let bytes = counting(2 * 25_000);
    let (_dir, path) = file("a_250k.cu8", &bytes);
    let mut source = Recording::open(&path, &RecordingOptions { pace: Pace::Life, ..Default::default() }).unwrap();
    assert!(source.info().live);
    let start = std::time::Instant::now();
    let mut buf = vec![0; 1 << 20];
    assert_eq!(source.read(&mut buf).unwrap().bytes, 25_000);
    let (rest, error) = read_all(&mut source, 1 << 20);
    assert!(rest == bytes[25_000..] && error.is_none());
    assert!(std::time::Duration::from_millis(100) <= start.elapsed());
}

#[test]
fn a_text_recording_is_a_byte_source() {
    let (_dir, path) = file("frames.txt", b"*8d4840d6202cc371c32ce0576098;\n");
    let mut source = ByteRecording::open(&path).unwrap();
    let (mut all, mut buf) = (Vec::<u8>::new(), [0; 10]);
    loop {
        let n = source.read(&mut buf).unwrap();
        if n == 0 {
            break;
        }
        all.extend(&buf[..n]);
    }
    assert_eq!(all, b"*8d4840d6202cc371c32ce0576098;\n");
    assert!(!source.info().live);
}

#[test]
fn audio_is_handed_on_as_samples() {
    let options = |audio| RecordingOptions { audio, ..Default::default() };
    let audio: Vec<i16> = (0..20_000).map(|n| n - 10_000).collect();
    let bytes: Vec<u8> = audio.iter().flat_map(|v| v.to_le_bytes()).collect();
    let stereo: Vec<u8> = bytes.chunks(2).flat_map(|v| [[0x11, 0x22], [v[0], v[1]]].concat()).collect();
    for (name, file_bytes, options) in [
        ("a.wav", wav::tests::wav(1, 16, 1, 48_000, &bytes), options(Some(AudioChannel::Left))),
        ("b.wav", wav::tests::wav(1, 16, 2, 48_000, &stereo), options(Some(AudioChannel::Right))),
        ("c_48k.s16", bytes.clone(), options(None)),
    ] {
        let (_dir, path) = file(name, &file_bytes);
        assert_eq!(is_audio(&path), name == "a.wav");
        let mut source = Recording::open(&path, &options).unwrap();
        assert_eq!((source.format(), source.tuning().rate_sps), (IqFormat::Cs16, 48_000), "{name}");
        let (got, error) = read_all(&mut source, 4_097);
        let got: Vec<i16> = got.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
        assert!(error.is_none() && got.iter().skip(1).step_by(2).all(|q| *q == 0));
        assert!(got.iter().step_by(2).eq(&audio), "{name}");
    }
    let (_dir, path) = file("d_48k.cu8", &[1, 2]);
    let error = Recording::open(&path, &options(Some(AudioChannel::Mix))).unwrap_err();
    assert!(error.is_final() && error.to_string().contains("no audio"), "{error}");
}

/// What rtl_fm writes into a pipe that can't be read twice, cut in the middle of a value.
#[test]
fn a_pipe_gives_everything_before_a_cut() {
    use std::io::Write;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pipe_48k.s16");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let to = path.clone();
    let writer = std::thread::spawn(move || File::create(to).unwrap().write_all(&[7; 2 * 3_000 + 1]).unwrap());
    let mut source = Recording::open(&path, &RecordingOptions::default()).unwrap();
    let (got, error) = read_all(&mut source, 4_096);
    writer.join().unwrap();
    assert_eq!(got.len(), 4 * 3_000);
    assert!(matches!(error, Some(SourceError::Truncated { .. })), "{error:?}");
}
