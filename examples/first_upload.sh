#!/usr/bin/env bash
# The tutorial docs/tutorial/first-upload.md as one script: `examples/first_upload.sh FILE`.
# API and HANDLE may be set in the environment. A test compares the two, command by command.
set -euo pipefail

# 1. Say where, and which file
API=${API:-http://localhost:8000/api/v1}
FILE=${1:-holiday.mp4}
HANDLE=${HANDLE:-traveller_$$}
call() { curl --silent --show-error --fail-with-body "$@"; }

# 2. Sign up
TOKEN=$(call "$API/auth/register" -H 'Content-Type: application/json' -d @- <<JSON | sed 's/.*"access_token":"\([^"]*\)".*/\1/'
{"email": "$HANDLE@example.org", "password": "correct horse battery staple",
 "handle": "$HANDLE", "display_name": "A traveller"}
JSON
)
AUTH="Authorization: Bearer $TOKEN"
call "$API/me" -H "$AUTH"; echo

# 3. Begin an upload
SIZE=$(wc -c < "$FILE" | tr -d ' ')
NAME=$(basename "$FILE" | tr -d '\n' | base64 | tr -d '\n')
LOCATION=$(call -D - -o /dev/null -X POST "$API/uploads" -H "$AUTH" -H 'Tus-Resumable: 1.0.0' \
  -H "Upload-Length: $SIZE" -H "Upload-Metadata: filename $NAME" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
UPLOAD=${LOCATION##*/}
echo "upload $UPLOAD of $SIZE bytes"

# 4. Describe the video while the bytes are still to come
VIDEO=$(call "$API/videos" -H "$AUTH" -H 'Content-Type: application/json' -d @- <<JSON | grep -o 'vid_[0-9a-z]*' | head -n 1
{"upload_id": "$UPLOAD", "title": "My holiday", "tags": ["sea"], "visibility": "public"}
JSON
)
echo "video $VIDEO"

# 5. Send half of the bytes, and lose the connection
HALF=$((SIZE / 2))
head -c "$HALF" "$FILE" | call -X PATCH "$API/uploads/$UPLOAD" -H "$AUTH" -H 'Tus-Resumable: 1.0.0' \
  -H 'Upload-Offset: 0' -H 'Content-Type: application/offset+octet-stream' --data-binary @-

# 6. Ask where it stands, and send the rest
OFFSET=$(call --head "$API/uploads/$UPLOAD" -H "$AUTH" -H 'Tus-Resumable: 1.0.0' |
  tr -d '\r' | sed -n 's/^[Uu]pload-[Oo]ffset: //p')
echo "the server has $OFFSET bytes"
tail -c "+$((OFFSET + 1))" "$FILE" | call -X PATCH "$API/uploads/$UPLOAD" -H "$AUTH" -H 'Tus-Resumable: 1.0.0' \
  -H "Upload-Offset: $OFFSET" -H 'Content-Type: application/offset+octet-stream' --data-binary @-

# 7. Wait until there is something to watch
STATE=draft
while [ "$STATE" != partially_playable ] && [ "$STATE" != ready ]; do
  sleep 0.5
  SHOWN=$(call "$API/videos/$VIDEO" -H "$AUTH")
  STATE=$(echo "$SHOWN" | sed 's/.*"state":"\([a-z_]*\)".*/\1/')
  echo "$STATE $(echo "$SHOWN" | grep -o '"progress":[0-9.]*')"
  [ "$STATE" != failed ]
done

# 8. Play it
HLS=$(echo "$SHOWN" | sed 's/.*"hls_url":"\([^"]*\)".*/\1/')
call "${API%/api/v1}$HLS"
echo "watch it at ${API%/api/v1}/watch/$VIDEO"
