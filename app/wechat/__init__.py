"""The city's WeChat official account: what people write there becomes a conversation, and the conversation a ticket. Sending is notifiers/channels/wechat.py's."""
