/// Where daemon and clients meet when nobody says otherwise. All on loopback.
public enum DefaultEndpoints {
  /// The daemon's SUB socket: publishers of samples connect here.
  public static let ingestSub = "tcp://127.0.0.1:5700"
  /// The daemon's PULL socket: pushers of samples connect here.
  public static let ingestPull = "tcp://127.0.0.1:5701"
  /// The daemon's ROUTER socket for samples: senders that want an answer to each message connect here.
  public static let ingestRouter = "tcp://127.0.0.1:5704"
  /// The daemon's PUB socket: subscribers to coefficients and statistics connect here.
  public static let publish = "tcp://127.0.0.1:5702"
  /// The daemon's ROUTER socket: clients that ask connect here.
  public static let query = "tcp://127.0.0.1:5703"
  /// The daemon's HTTP server: browsers and Prometheus connect here.
  public static let http = "127.0.0.1:5705"
}
