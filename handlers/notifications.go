package handlers

import (
	"context"
	"counsel/domain"
	"counsel/domain/notifications"
	"counsel/gen/api"
)

// ListNotifications lists the caller's notifications.
func (s *Server) ListNotifications(ctx context.Context, r api.ListNotificationsRequestObject) (api.ListNotificationsResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	f := notifications.Filter{Unread: r.Params.Unread != nil && *r.Params.Unread, Limit: limit(r.Params.Limit), Cursor: cursor}
	items, next, err := s.notifications.List(ctx, principal(ctx).UserID, f)
	if err != nil {
		return nil, err
	}
	unread, err := s.notifications.CountUnread(ctx, principal(ctx))
	if err != nil {
		return nil, err
	}
	page := api.NotificationList{Items: make([]api.Notification, len(items)), UnreadCount: int32(unread), NextCursor: encodeCursor(next)}
	for i, n := range items {
		page.Items[i] = toAPINotification(n)
	}
	return api.ListNotifications200JSONResponse(page), nil
}

// UpdateNotification marks a notification as read or unread.
func (s *Server) UpdateNotification(ctx context.Context, r api.UpdateNotificationRequestObject) (api.UpdateNotificationResponseObject, error) {
	n, err := s.notifications.MarkRead(ctx, principal(ctx), domain.ID(r.NotificationID), r.Body.Read)
	if err != nil {
		return nil, err
	}
	return api.UpdateNotification200JSONResponse(toAPINotification(n)), nil
}

// ReadNotifications marks all notifications up to one as read.
func (s *Server) ReadNotifications(ctx context.Context, r api.ReadNotificationsRequestObject) (api.ReadNotificationsResponseObject, error) {
	if err := s.notifications.MarkAllRead(ctx, principal(ctx), domain.ID(r.Body.NewestID)); err != nil {
		return nil, err
	}
	return api.ReadNotifications204Response{}, nil
}

// GetNotificationPreferences returns the caller's notification preferences.
func (s *Server) GetNotificationPreferences(ctx context.Context, _ api.GetNotificationPreferencesRequestObject) (api.GetNotificationPreferencesResponseObject, error) {
	list, err := s.notifications.Preferences(ctx, principal(ctx).UserID)
	if err != nil {
		return nil, err
	}
	return api.GetNotificationPreferences200JSONResponse{Items: toAPIPreferences(list)}, nil
}

// SetNotificationPreferences replaces the caller's notification preferences.
func (s *Server) SetNotificationPreferences(ctx context.Context, r api.SetNotificationPreferencesRequestObject) (api.SetNotificationPreferencesResponseObject, error) {
	chosen := make([]notifications.Preference, len(r.Body.Items))
	for i, p := range r.Body.Items {
		chosen[i] = notifications.Preference{Type: domain.EventType(p.Type), InApp: p.InApp, Email: p.Email}
	}
	list, err := s.notifications.SetPreferences(ctx, principal(ctx), chosen)
	if err != nil {
		return nil, err
	}
	return api.SetNotificationPreferences200JSONResponse{Items: toAPIPreferences(list)}, nil
}

func toAPINotification(n notifications.Notification) api.Notification {
	id := func(name string) *api.ID {
		if v, ok := n.Data[name]; ok {
			return (*api.ID)(&v)
		}
		return nil
	}
	return api.Notification{ID: api.ID(n.ID), Type: api.NotificationType(n.Type), CaseID: (*api.ID)(n.CaseID), CaseTitle: optional(n.CaseTitle),
		Data: api.EventIds{MemberID: id("memberId"), TaskID: id("taskId"), AssigneeID: id("assigneeId"), DocumentID: id("documentId"), DraftID: id("draftId"),
			EmailID: id("emailId"), InvoiceID: id("invoiceId"), PaymentID: id("paymentId"), RefundID: id("refundId"), DisputeID: id("disputeId"), TrackingID: id("trackingId")},
		CreatedAt: n.CreatedAt, ReadAt: n.ReadAt}
}

func toAPIPreferences(list []notifications.Preference) []api.NotificationPreference {
	out := make([]api.NotificationPreference, len(list))
	for i, p := range list {
		out[i] = api.NotificationPreference{Type: api.NotificationType(p.Type), InApp: p.InApp, Email: p.Email}
	}
	return out
}
