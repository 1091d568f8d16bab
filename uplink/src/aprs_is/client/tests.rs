//! Against a server on loopback that we wrote after the specification (login line, `# logresp`, comments, lines).

use super::*;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;

struct Server {
    listener: TcpListener,
}

struct Client {
    reader: BufReader<TcpStream>,
}

impl Server {
    async fn new() -> (Self, Config) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap().to_string();
        let mut config = Config::new(server, "PI1GT-10".into(), b"user PI1GT-10 pass 1 vers vtoc 1\r\n".to_vec());
        config.again = [Duration::from_millis(20), Duration::from_millis(100)];
        (Self { listener }, config)
    }

    /// Takes the login and answers it.
    async fn accept(&self, answer: &str) -> Client {
        let (stream, _) = self.listener.accept().await.unwrap();
        let mut client = Client { reader: BufReader::new(stream) };
        client.say("# test 1.0\r\n").await;
        assert_eq!(client.line().await, "user PI1GT-10 pass 1 vers vtoc 1");
        client.say(answer).await;
        client
    }
}

impl Client {
    async fn line(&mut self) -> String {
        let mut line = String::new();
        timeout(Duration::from_secs(20), self.reader.read_line(&mut line)).await.unwrap().unwrap();
        line.trim_end().to_owned()
    }

    async fn say(&mut self, text: &str) {
        self.reader.get_mut().write_all(text.as_bytes()).await.unwrap();
    }
}

const YES: &str = "# logresp PI1GT-10 verified, server TEST\r\n";
const NO: &str = "# logresp PI1GT-10 unverified, server TEST\r\n";

#[tokio::test]
async fn nothing_is_said_before_the_login_counts() {
    let (server, config) = Server::new().await;
    let lines = start(config, None);
    lines.send(b"A1A>B,qAO,PI1GT-10:early".to_vec());
    let mut refused = server.accept(NO).await;
    assert_eq!(refused.line().await, "", "an unverified session is closed without a word");
    let mut client = server.accept(YES).await;
    assert_eq!(client.line().await, "A1A>B,qAO,PI1GT-10:early");
    lines.send(b"A1A>B,qAO,PI1GT-10:late".to_vec());
    assert_eq!(client.line().await, "A1A>B,qAO,PI1GT-10:late");
    let counters = lines.counters();
    assert_eq!((counters.unverified.load(Relaxed), counters.sent.load(Relaxed), counters.sessions.load(Relaxed)), (1, 2, 2));
}

#[tokio::test]
async fn what_a_broken_connection_may_have_lost_is_said_again() {
    let (server, config) = Server::new().await;
    let lines = start(config, None);
    let mut client = server.accept(YES).await;
    lines.send(b"A1A>B,qAO,PI1GT-10:1".to_vec());
    assert_eq!(client.line().await, "A1A>B,qAO,PI1GT-10:1");
    drop(client);
    // Said while nobody is there.
    tokio::time::sleep(Duration::from_millis(5)).await;
    lines.send(b"A1A>B,qAO,PI1GT-10:2".to_vec());
    let mut client = server.accept(YES).await;
    assert_eq!(client.line().await, "A1A>B,qAO,PI1GT-10:1", "servers drop the copy");
    assert_eq!(client.line().await, "A1A>B,qAO,PI1GT-10:2");
    let counters = lines.counters();
    assert!(counters.verified.load(Relaxed));
    drop(lines);
    assert_eq!(client.line().await, "", "the connection ends with the last who could say something");
}

#[tokio::test(start_paused = true)]
async fn old_packets_are_not_sent_and_the_queue_is_bounded() {
    let (queue, waiting) = mpsc::channel(QUEUE_LINES);
    let counters = Arc::new(Counters::default());
    let config = Config::new("127.0.0.1:1".into(), "PI1GT-10".into(), Vec::new());
    let lines = Lines { queue, counters: Arc::clone(&counters) };
    let mut task = Task { config, counters: Arc::clone(&counters), waiting, packets: None, held: VecDeque::new(), sent: VecDeque::new() };
    for n in 0..QUEUE_LINES + 5 {
        lines.send(format!("A1A>B:{n}").into_bytes());
    }
    assert_eq!(counters.overflow.load(Relaxed), 5);
    task.hold_until(Instant::now() + Duration::from_secs(1)).await.unwrap();
    // An hour without the Internet: what came last is kept, and nothing grows.
    for n in 0..1_000 {
        lines.send(format!("A1A>B:more {n}").into_bytes());
        task.hold_until(Instant::now() + Duration::from_secs(4)).await.unwrap();
    }
    assert_eq!(task.held.len(), QUEUE_LINES);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    task.flush(&mut stream).await.unwrap();
    // 4 s apart, the last one 4 s ago: two are young enough.
    assert_eq!((counters.sent.load(Relaxed), counters.expired.load(Relaxed)), (2, QUEUE_LINES as u64 - 2));
}

#[tokio::test]
async fn a_silent_server_is_left_and_packets_come_through() {
    let (server, mut config) = Server::new().await;
    config.silence_max = Duration::from_millis(100);
    let (packets, mut heard) = mpsc::channel(4);
    let _lines = start(config, Some(packets));
    let mut client = server.accept(YES).await;
    client.say("# comment\r\nPA1A>APRS,TCPIP*,qAC,TEST:>x\r\n").await;
    assert_eq!(heard.recv().await.unwrap(), b"PA1A>APRS,TCPIP*,qAC,TEST:>x");
    assert_eq!(client.line().await, "");
    let _again = server.accept(YES).await;
}
