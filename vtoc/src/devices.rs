//! The serial ports of this machine, for the central's `hardware/*` routes: which there are (Linux: sysfs), and what one says.

use api::hardware::{Devices, SerialPort};
use hw::{ByteSource, SerialSource, SourceError};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Enough to judge what speaks there.
const BYTES_MAX: usize = 4_096;
const TTYS: &str = "/sys/class/tty";

/// Of the machine that we run on.
#[derive(Debug)]
pub struct LocalDevices;

impl Devices for LocalDevices {
    fn serial_ports(&self) -> Vec<SerialPort> {
        ports_in(Path::new(TTYS))
    }

    fn listen(&self, port: &str, baud: u32, wait: Duration) -> Result<Vec<u8>, String> {
        let until = Instant::now() + wait;
        let mut source = SerialSource::open("nmea", port, baud).map_err(|e| e.to_string())?;
        let mut heard = Vec::new();
        let mut buffer = [0; 512];
        while heard.len() < BYTES_MAX && Instant::now() < until {
            match source.read(&mut buffer) {
                Ok(bytes) => heard.extend_from_slice(&buffer[..bytes]),
                Err(SourceError::Stalled { .. }) => {}
                Err(_) if !heard.is_empty() => break,
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(heard)
    }
}

/// Terminals that hang on a device and are real: an 8250 port without a chip has type 0.
fn ports_in(ttys: &Path) -> Vec<SerialPort> {
    let entries = fs::read_dir(ttys).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut ports: Vec<SerialPort> = entries.filter(|tty| is_real(tty)).filter_map(|tty| port(&tty)).collect();
    ports.sort_by(|a, b| a.device.cmp(&b.device));
    ports
}

fn is_real(tty: &Path) -> bool {
    tty.join("device").exists() && read(&tty.join("type")).is_none_or(|kind| kind != "0")
}

fn port(tty: &Path) -> Option<SerialPort> {
    let name = tty.file_name()?.to_str()?;
    let device = tty.join("device").canonicalize().ok()?;
    // What it hangs on, up to the USB device with its maker's names.
    let usb: Option<PathBuf> = device.ancestors().find(|dir| dir.join("idVendor").exists()).map(Path::to_path_buf);
    let of_usb = |file: &str| usb.as_ref().and_then(|dir| read(&dir.join(file)));
    let words: Vec<String> = ["manufacturer", "product"].into_iter().filter_map(of_usb).collect();
    let hwid = of_usb("idVendor").zip(of_usb("idProduct")).map(|(vendor, product)| {
        let serial = of_usb("serial").map(|s| format!(" SER={s}")).unwrap_or_default();
        format!("USB VID:PID={vendor}:{product}{serial}")
    });
    Some(SerialPort { device: format!("/dev/{name}"), description: (!words.is_empty()).then(|| words.join(" ")), hwid })
}

fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::process::{Command, Stdio};

    #[test]
    fn ports_are_named_as_their_makers_do() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for (file, text) in
            [("idVendor", "1546\n"), ("idProduct", "01a8\n"), ("manufacturer", "u-blox AG\n"), ("product", "GNSS\n"), ("serial", "7\n")]
        {
            write(&format!("devices/usb1/1-1/{file}"), text);
        }
        write("devices/usb1/1-1/1-1:1.0/ttyUSB0/x", "");
        write("devices/platform/serial8250/x", "");
        for (tty, device) in [
            ("ttyUSB0", "devices/usb1/1-1/1-1:1.0/ttyUSB0"),
            ("ttyS0", "devices/platform/serial8250"),
            ("ttyS1", "devices/platform/serial8250"),
        ] {
            let folder = dir.path().join("class").join(tty);
            fs::create_dir_all(&folder).unwrap();
            std::os::unix::fs::symlink(dir.path().join(device), folder.join("device")).unwrap();
        }
        write("class/ttyS0/type", "0\n");
        write("class/ttyS1/type", "4\n");
        write("class/tty1/dev", "4:1\n");
        let expected = [
            SerialPort { device: "/dev/ttyS1".into(), description: None, hwid: None },
            SerialPort {
                device: "/dev/ttyUSB0".into(),
                description: Some("u-blox AG GNSS".into()),
                hwid: Some("USB VID:PID=1546:01a8 SER=7".into()),
            },
        ];
        assert_eq!(ports_in(&dir.path().join("class")), expected);
    }

    #[test]
    fn a_port_is_opened_and_heard() {
        let dir = tempfile::tempdir().unwrap();
        let [ours, theirs] = ["ours", "theirs"].map(|name| dir.path().join(name));
        let ends = [&ours, &theirs].map(|path| format!("PTY,link={},raw,echo=0", path.display()));
        let Ok(mut socat) = Command::new("socat").args(&ends).stdin(Stdio::null()).spawn() else {
            assert!(std::env::var_os("CI").is_none(), "socat is not installed, and CI is set");
            return;
        };
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        while !(ours.exists() && theirs.exists()) {
            let _ = receiver.recv_timeout(Duration::from_millis(20));
        }
        let theirs_path = theirs.clone();
        let talker = std::thread::spawn(move || {
            let mut port = fs::OpenOptions::new().write(true).open(theirs_path).unwrap();
            while receiver.recv_timeout(Duration::from_millis(50)) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                port.write_all(b"$GPTXT,01,01,02,hello*00\r\n").unwrap();
            }
        });
        let heard = LocalDevices.listen(ours.to_str().unwrap(), 9_600, Duration::from_millis(500)).unwrap();
        drop(sender);
        talker.join().unwrap();
        socat.kill().unwrap();
        socat.wait().unwrap();
        assert!(String::from_utf8_lossy(&heard).contains("$GPTXT,01,01,02,hello"), "{heard:?}");
        assert!(LocalDevices.listen("/nowhere/tty", 9_600, Duration::from_millis(100)).is_err());
    }
}
