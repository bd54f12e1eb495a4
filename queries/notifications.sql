-- name: CreateNotification :exec
INSERT INTO notifications (user_id, id, event_type, case_id, data, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: ListNotifications :many
SELECT sqlc.embed(n), c.title AS case_title
FROM notifications n
LEFT JOIN cases c ON c.id = n.case_id AND c.deleted_at IS NULL
LEFT JOIN case_members m ON m.case_id = c.id AND m.user_id = n.user_id
WHERE n.user_id = sqlc.arg(user_id) AND n.id < sqlc.arg('cursor')
  AND (n.case_id IS NULL OR m.user_id IS NOT NULL)
ORDER BY n.id DESC
LIMIT ?;

-- name: ListUnreadNotifications :many
SELECT sqlc.embed(n), c.title AS case_title
FROM notifications n
LEFT JOIN cases c ON c.id = n.case_id AND c.deleted_at IS NULL
LEFT JOIN case_members m ON m.case_id = c.id AND m.user_id = n.user_id
WHERE n.user_id = sqlc.arg(user_id) AND n.read_at IS NULL AND n.id < sqlc.arg('cursor')
  AND (n.case_id IS NULL OR m.user_id IS NOT NULL)
ORDER BY n.id DESC
LIMIT ?;

-- name: CountUnreadNotifications :one
SELECT COUNT(*) FROM (
  SELECT n.id
  FROM notifications n
  LEFT JOIN cases c ON c.id = n.case_id AND c.deleted_at IS NULL
  LEFT JOIN case_members m ON m.case_id = c.id AND m.user_id = n.user_id
  WHERE n.user_id = sqlc.arg(user_id) AND n.read_at IS NULL
    AND (n.case_id IS NULL OR m.user_id IS NOT NULL)
  LIMIT ?
) AS unread;

-- name: GetNotification :one
SELECT sqlc.embed(n), c.title AS case_title
FROM notifications n
LEFT JOIN cases c ON c.id = n.case_id AND c.deleted_at IS NULL
LEFT JOIN case_members m ON m.case_id = c.id AND m.user_id = n.user_id
WHERE n.user_id = sqlc.arg(user_id) AND n.id = sqlc.arg(id)
  AND (n.case_id IS NULL OR m.user_id IS NOT NULL);

-- name: UpdateNotificationRead :exec
UPDATE notifications SET read_at = sqlc.arg(read_at), expires_at = sqlc.arg(expires_at) WHERE user_id = sqlc.arg(user_id) AND id = sqlc.arg(id);

-- name: UpdateNotificationsRead :execrows
UPDATE notifications SET read_at = sqlc.arg(now), expires_at = LEAST(expires_at, sqlc.arg(expires_at))
WHERE user_id = sqlc.arg(user_id) AND read_at IS NULL AND id <= sqlc.arg(newest)
LIMIT ?;

-- name: DeleteExpiredNotifications :execrows
DELETE FROM notifications WHERE expires_at < sqlc.arg(now) ORDER BY expires_at LIMIT ?;

-- name: DeleteNotificationsByUser :exec
DELETE FROM notifications WHERE user_id = ?;

-- name: ListNotificationPreferences :many
SELECT * FROM notification_preferences WHERE user_id = ?;

-- name: ListPreferencesByEventType :many
SELECT * FROM notification_preferences WHERE event_type = sqlc.arg(event_type) AND user_id IN (sqlc.slice(users));

-- name: UpsertNotificationPreference :exec
INSERT INTO notification_preferences (user_id, event_type, in_app, email) VALUES (?, ?, ?, ?)
ON DUPLICATE KEY UPDATE in_app = VALUES(in_app), email = VALUES(email);

-- name: DeleteNotificationPreferences :exec
DELETE FROM notification_preferences WHERE user_id = ?;
