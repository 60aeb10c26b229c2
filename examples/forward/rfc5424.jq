# Makes syslog messages (RFC 5424) of API v3's entries, each with its length in front (RFC 6587, 3.4.1), as servers take them over
# TCP. See docs/integrations.md.
#
#   curl … | jq --unbuffered --join-output --from-file rfc5424.jq >/dev/tcp/127.0.0.1/10514
#
# The cursor is the first parameter: the last message that a server has written says where to go on.

def text: if type == "array" then (.[0] | text) elif type == "object" then (.base64 | @base64d) else . end;
def number($usual): (. // $usual) | text | tonumber? // $usual;
def header($longest): (. // "") | text | gsub("[^!-Z^-~\\\\]"; "_") | if . == "" then "-" else .[:$longest] end;
def parameter($name): if . == null then empty else " \($name)=\"\(gsub("(?<special>[\"\\\\\\]])"; "\\\(.special)"))\"" end;

select(.event == null)
| .fields as $fields | .source as $source
| (($fields.SYSLOG_FACILITY | number(1)) * 8 + ($fields.PRIORITY | number(6))) as $priority
| (.realtime_timestamp / 1000000 | floor) as $seconds
| (.realtime_timestamp - $seconds * 1000000 | tostring) as $micros
| ($seconds | todate[:-1]) as $time
| ([(.cursor | parameter("cursor")), ($source.agent | parameter("agent")), ($source.task | parameter("task")),
    (.boot_id | parameter("boot")), (.monotonic_timestamp | tostring | parameter("monotonic")), (.seqnum | tostring | parameter("seqnum"))] | add) as $origin
| "\($time).\("000000"[($micros | length):])\($micros)Z" as $timestamp
| ($source.task // $fields.SYSLOG_IDENTIFIER | header(48)) as $name
| "<\($priority)>1 \($timestamp) \($source.host | header(255)) \($name) \($fields._PID | header(128)) - [clusterlog@32473\($origin)]" as $header
| "\($header) \($fields.MESSAGE // "" | text)"
| "\(utf8bytelength) \(.)"
