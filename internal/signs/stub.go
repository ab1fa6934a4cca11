package signs

func judgeTemplate(value string, has bytesSeen, s *Score) {}
func judgeHeader(value string, has bytesSeen, s *Score)   {}
func judgeXML(value string, has bytesSeen, s *Score)      {}
func judgeNoSQL(value string, has bytesSeen, s *Score)    {}
func judgeCode(value string, has bytesSeen, s *Score)     {}
func judgeRequest(value string, has bytesSeen, s *Score)  {}
