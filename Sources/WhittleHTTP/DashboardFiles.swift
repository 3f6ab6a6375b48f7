/// The files of the dashboard, which are part of the program: it needs none beside it.
enum DashboardFiles {
  /// A file's type, and its bytes; nil where there is none at the path.
  static func file(at path: String) -> (type: String, bytes: [UInt8])? {
    switch path {
    case "/": ("text/html; charset=utf-8", PackageResources.index_html)
    case "/style.css": ("text/css; charset=utf-8", PackageResources.style_css)
    case "/icon.svg": ("image/svg+xml", PackageResources.icon_svg)
    default: scripts[path].map { ("text/javascript; charset=utf-8", $0) }
    }
  }

  private static let scripts: [String: [UInt8]] = [
    "/bars.js": PackageResources.bars_js, "/chart.js": PackageResources.chart_js,
    "/colours.js": PackageResources.colours_js, "/cursor.js": PackageResources.cursor_js,
    "/elements.js": PackageResources.elements_js, "/format.js": PackageResources.format_js,
    "/history.js": PackageResources.history_js, "/lists.js": PackageResources.lists_js,
    "/live.js": PackageResources.live_js, "/scale.js": PackageResources.scale_js,
    "/script.js": PackageResources.script_js, "/summary.js": PackageResources.summary_js,
    "/table.js": PackageResources.table_js, "/theme.js": PackageResources.theme_js,
  ]
}
